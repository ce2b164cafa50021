//! What lies beside a mail's text: by what name, how large, of which type by its octets. What can run, and
//! what may hide it, is named and not handed out.

use crate::mail::reading::File;

/// Names that end so start a program, or a script within one, when somebody opens them: those that Outlook
/// blocks (Microsoft, "Blocked attachments in Outlook"), forms of documents with macros, what browsers
/// run, and installers and scripts of other systems.
const RUNS: &str = " ade adp apk app appcontent-ms application appref-ms appx appxbundle asp aspx asx bas bash bat bgi bin cer \
    chm class cmd cnt com command cpl crt csh deb der diagcab dll dmg docm dotm ear exe fxp gadget grp hlp hpj hta htc \
    htm html inf ins iqy isp its jar jnlp js jse ksh lnk mad maf mag mam maq mar mas mat mau mav maw mcf mda mdb mde mdt \
    mdw mdz mht mhtml mjs msc msh msh1 msh2 mshxml msh1xml msh2xml msi msix msixbundle msp mst msu one ops osd pcd pif pkg pl plg \
    potm ppam ppsm pptm prf prg printerexport ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 pst py pyc pyo pyw pyz \
    pyzw rb rdp reg rpm run scf scr sct search-ms settingcontent-ms sh shb shs shtml slk svg svgz swf theme tmp \
    udl url vb vbe vbp vbs vsmacros vsw wasm webpnp website ws wsb wsc wsf wsh xbap xhtml xht xlam xll xlsm xltm xnk \
    xml xsl xslt ";
/// And so end archives and images of discs.
const HOLDS: &str = " 7z ace alz arc arj bz2 bzip2 cab cpio gz gzip img iso jfif-zip lha lz lz4 lzh lzma rar tar taz tbz tbz2 tgz \
    txz udf vhd vhdx xar xz z zip zipx zst ";
/// Documents that are archives by their form (ECMA-376, OASIS ODF 1.3). None of them holds macros.
const DOCUMENTS: &str = " docx dotx odg odp ods odt potx ppsx pptx vsdx xlsx xltx epub ";

/// An attachment as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its place among the mail's attachments, from 0.
    pub place: usize,
    /// Its name, fit for a file.
    pub name: String,
    /// Octets.
    pub size: usize,
    /// Its type by its octets; empty when they tell of none.
    pub kind: &'static str,
    /// Why it is not handed out.
    pub blocked: Option<Blocked>,
}

/// Why an attachment is not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// It runs when it is opened.
    Runs,
    /// It is an archive: nobody can see what is in it before it is unpacked.
    Archive,
    /// Its encoding is broken.
    Broken,
}

/// An attachment that is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its name, fit for a file.
    pub name: String,
    /// Its octets.
    pub octets: Vec<u8>,
}

impl Attachment {
    pub(super) fn of(place: usize, file: &File<'_>) -> Self {
        let beginning = file.beginning();
        let (kind, blocked) = judged(&file.name, &beginning);
        let size = file.size();
        let blocked = blocked.or((beginning.is_empty() && size > 0).then_some(Blocked::Broken));
        Self { place, name: file.name.clone(), size, kind, blocked }
    }
}

/// `file` as it is handed out; `None` when it is not.
pub(super) fn download(file: &File<'_>) -> Option<Download> {
    let octets = file.decoded()?.into_owned();
    let (_, blocked) = judged(&file.name, &octets);
    blocked.is_none().then(|| Download { name: file.name.clone(), octets })
}

/// The type by the first octets, and whether such a file with such a name is blocked.
fn judged(name: &str, octets: &[u8]) -> (&'static str, Option<Blocked>) {
    let found = infer::get(octets);
    let kind = found.map_or("", |found| found.mime_type());
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let one_of = |list: &str| !ending.is_empty() && list.contains(&format!(" {ending} "));
    let by_octets = found.map(|found| found.matcher_type());
    let blocked = if one_of(RUNS) || runs(kind, by_octets) {
        Some(Blocked::Runs)
    } else if one_of(HOLDS) || (holds(kind, by_octets) && !one_of(DOCUMENTS)) {
        Some(Blocked::Archive)
    } else {
        None
    };
    (kind, blocked)
}

fn runs(kind: &str, by_octets: Option<infer::MatcherType>) -> bool {
    let others = [
        "text/html",
        "text/xml",
        "text/x-shellscript",
        "application/x-shockwave-flash",
        "application/x-google-chrome-extension",
        "application/vnd.debian.binary-package",
        "application/x-rpm",
    ];
    by_octets == Some(infer::MatcherType::App) || others.contains(&kind)
}

/// PDF and RTF count as archives to the crate, because other things may lie in them.
fn holds(kind: &str, by_octets: Option<infer::MatcherType>) -> bool {
    let read_as_they_are = [
        "application/pdf",
        "application/rtf",
        "application/postscript",
        "application/dicom",
        "application/x-ole-storage",
    ];
    by_octets == Some(infer::MatcherType::Archive) && !read_as_they_are.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn ordinary_files_are_handed_out() {
        for (name, octets, kind) in [
            ("a.png", PNG, "image/png"),
            ("a.pdf", b"%PDF-1.7\n", "application/pdf"),
            ("a.txt", b"hej".as_slice(), ""),
            ("a.docx", ZIP, "application/zip"),
            ("message/rfc822", b"Subject: x\r\n".as_slice(), ""),
            ("utan", b"\0\x01\x02".as_slice(), ""),
        ] {
            assert_eq!(judged(name, octets), (kind, None), "{name}");
        }
    }

    #[test]
    fn what_runs_is_blocked_by_name_and_by_octets() {
        for (name, octets) in [
            ("a.exe", b"x".as_slice()),
            ("faktura.pdf.JS", b"x"),
            ("a.HTML", b"x"),
            ("a.svg", b"<svg/>"),
            ("a.docm", ZIP),
            ("a.lnk", b"L\0\0\0"),
            ("bild.png", b"MZ\x90\0"),
            ("bild.png", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            ("a", b"#!/bin/sh\nrm"),
            ("a.txt", b"<!DOCTYPE html><p>"),
        ] {
            assert_eq!(judged(name, octets).1, Some(Blocked::Runs), "{name} {octets:?}");
        }
    }

    #[test]
    fn archives_are_blocked_by_name_and_by_octets() {
        for (name, octets) in [
            ("a.zip", b"x".as_slice()),
            ("a.iso", b"x"),
            ("a.png", ZIP),
            ("a.txt", b"Rar!\x1a\x07\0"),
            ("a", b"7z\xbc\xaf\x27\x1c"),
            ("a.pdf", b"\x1f\x8b\x08\0"),
        ] {
            assert_eq!(judged(name, octets).1, Some(Blocked::Archive), "{name}");
        }
    }
}
