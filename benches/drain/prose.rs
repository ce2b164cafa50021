//! Words of the mails that ask for no password.

/// What people write to a service desk about.
pub const PURPOSES: [&str; 8] = [
    "Skrivaren står still",
    "Ny dator till kollega",
    "Kan inte öppna filen",
    "Skärmen är svart",
    "Behörighet till mappen",
    "Mötesrummets kamera",
    "Programmet är långsamt",
    "Ny medarbetare på måndag",
];

/// Sentences of such mails; any of them can follow any other.
pub const SENTENCES: [&str; 16] = [
    "Skrivaren på andra våningen drar in papperet snett och stannar sedan mitt i utskriften.",
    "Vi har startat om den flera gånger utan att det blir bättre.",
    "I går fungerade allt som vanligt, men i morse kom bara en grå ruta.",
    "Jag sitter i rummet längst bort i korridoren och är på plats till klockan tre.",
    "Kollegan bredvid mig har samma bekymmer med sin dator.",
    "Det gäller dokumentet som vi arbetade med på mötet förra veckan.",
    "Kan någon komma förbi och titta, eller går det att ordna på distans?",
    "Vi behöver det till fredag, för då kommer de nya medarbetarna.",
    "Mappen syns i listan men går inte att öppna.",
    "Skärmen blinkar till och blir sedan svart när jag ansluter dockan.",
    "Programmet tar flera minuter på sig att starta och hänger sig ibland.",
    "Jag bifogar en bild så att ni ser hur det ser ut hos oss.",
    "Tack för hjälpen förra gången, det gick snabbt och bra.",
    "Vår chef har godkänt beställningen och kostnadsstället är detsamma som förut.",
    "Kameran i mötesrummet hittas inte av datorn, fast kabeln sitter i.",
    "Hör gärna av er om ni behöver veta mer.",
];

/// How Outlook begins a mail.
pub const OUTLOOK_HEAD: &str = r##"<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta name="Generator" content="Microsoft Word 15 (filtered medium)">
<!--[if !mso]><style>v\:* {behavior:url(#default#VML);}
o\:* {behavior:url(#default#VML);}
w\:* {behavior:url(#default#VML);}
.shape {behavior:url(#default#VML);}
</style><![endif]-->
<style><!--
/* Font Definitions */
@font-face
	{font-family:"Cambria Math";
	panose-1:2 4 5 3 5 4 6 3 2 4;}
@font-face
	{font-family:Calibri;
	panose-1:2 15 5 2 2 2 4 3 2 4;}
@font-face
	{font-family:"Segoe UI";
	panose-1:2 11 5 2 4 2 4 2 2 3;}
/* Style Definitions */
p.MsoNormal, li.MsoNormal, div.MsoNormal
	{margin:0cm;
	margin-bottom:.0001pt;
	font-size:11.0pt;
	font-family:"Calibri",sans-serif;
	mso-fareast-language:EN-US;}
a:link, span.MsoHyperlink
	{mso-style-priority:99;
	color:#0563C1;
	text-decoration:underline;}
a:visited, span.MsoHyperlinkFollowed
	{mso-style-priority:99;
	color:#954F72;
	text-decoration:underline;}
span.EmailStyle17
	{mso-style-type:personal-compose;
	font-family:"Calibri",sans-serif;
	color:windowtext;}
.MsoChpDefault
	{mso-style-type:export-only;
	font-family:"Calibri",sans-serif;
	mso-fareast-language:EN-US;}
@page WordSection1
	{size:612.0pt 792.0pt;
	margin:70.85pt 70.85pt 70.85pt 70.85pt;}
div.WordSection1
	{page:WordSection1;}
--></style><!--[if gte mso 9]><xml>
<o:shapedefaults v:ext="edit" spidmax="1026" />
</xml><![endif]--><!--[if gte mso 9]><xml>
<o:shapelayout v:ext="edit">
<o:idmap v:ext="edit" data="1" />
</o:shapelayout></xml><![endif]-->
</head>
<body lang="SV" link="#0563C1" vlink="#954F72">
<div class="WordSection1">
"##;
