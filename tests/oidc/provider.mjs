// A certified OpenID provider (npm oidc-provider) for the tests. Who signs in is said by the request itself:
// the header `x-test-person` of the request to /interaction names an account; without it nobody does.
// What stands behind a `!` in that name are their groups; `unverified` and `many` are none (see below).
// Usage: provider.mjs PORT REDIRECT_URI[,REDIRECT_URI]
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, redirect] = [Number(process.argv[2]), process.argv[3]];
const issuer = `http://127.0.0.1:${port}`;

// New keys at every start, so that a restart is also a change of keys.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [{
    client_id: 'nyckelbud',
    client_secret: 'a-secret-of-the-tests',
    redirect_uris: redirect.split(','),
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  claims: {
    openid: ['sub', 'oid'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'groups', 'hasgroups'],
  },
  conformIdTokenClaims: false,
  async findAccount(_ctx, id) {
    const [who, ...flags] = id.split('!');
    const name = who.replace(/^[a-z]-/, '');
    return {
      accountId: id,
      claims: () => ({
        sub: `subject-${who}`,
        oid: who,
        name,
        preferred_username: `${name}@kommun.example`,
        email: `${name}@kommun.example`,
        email_verified: !flags.includes('unverified'),
        groups: flags,
        // Entra ID's mark of a person in more groups than a token holds
        hasgroups: flags.includes('many') || undefined,
      }),
    };
  },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  // Whoever signed in agrees.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  cookies: { keys: ['tests'] },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const person = ctx.get('x-test-person');
  const result = person ? { login: { accountId: person } } : { error: 'access_denied' };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  ctx.respond = false;
});

provider.listen(port, '127.0.0.1', () => console.log(issuer));
