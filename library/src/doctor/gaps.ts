/** What is not met, though a library could: each with the reason. */
export const gaps: Readonly<Record<string, string>> = {
  '2.4.2': 'No least time between the steps of a form is asked for.',
  '4.2.2': 'Lengths of replies are Node’s own; that they are true is not tested.',
  '4.2.5': 'Cookies are bounded; addresses and fields of what goes out are not all.',
  '6.2.3':
    'A change asks for a proof of identity of the last minutes, not always for the present password beside the new one.',
  '6.3.3':
    'Who has a second factor is asked for it; that everybody must have one is for the application to ask.',
  '6.4.5': 'Nobody is reminded of a credential that will end.',
  '6.4.6': 'An administrator can neither set a password nor start a reset for somebody.',
  '6.7.1': 'No attestation is asked of authenticators, so there are no certificates to keep.',
  '6.8.4': 'What a provider says about the strength of its sign-in (acr, amr) is not read.',
  '7.5.2': 'A person sees and ends sessions, without proving identity again.',
  '7.6.1': 'A session does not end with the one at the provider.',
  '8.2.4': 'No rule looks at circumstances that change within a session.',
  '8.4.1': 'Rows belong to owners; there are no tenants.',
  '8.4.2': 'Administrators step up; their device and its surroundings are not looked at.',
  '10.2.3':
    'Which scopes are asked of a provider is for the preset, and no test holds them to the least.',
  '10.3.3': 'A subject is an account’s id; that of other issuers’ tokens is not handled.',
  '10.3.4': 'Routes of an API ask for scopes, not for the strength of the sign-in behind a token.',
  '10.3.5': 'There is no DPoP: tokens are not bound to a key of their sender.',
  '10.4.3': 'A code lives for a minute, but no test turns the clock on it.',
  '10.4.12':
    'The form of an answer is always the query; that other forms are refused is not tested.',
  '10.4.13': 'There are no pushed authorization requests.',
  '10.4.14': 'There is no DPoP.',
  '10.4.15': 'There is no authorization_details.',
  '10.4.16': 'Clients may prove themselves by a key, and need not.',
  '10.5.5': 'There is no back-channel logout.',
  '10.7.2': 'What the consent page says is not tested in every member.',
  '10.7.3': 'A consent is seen and taken back, not narrowed.',
  '11.1.3': 'No scan looks for cryptography in the application’s code.',
  '11.2.4':
    'Secrets are found by hash or compared in constant time; no test shows it of every place.',
  '11.4.4': 'No key is made from a passphrase.',
  '11.5.2': 'Chance is the system’s; no test draws it from many processes at once.',
  '13.3.3': 'Keys are in the process; there is no port to a module that keeps them.',
  '14.2.6': 'There are no helpers that mask what a reply shows.',
  '15.1.2': 'No list of packages (SBOM) is written.',
  '15.2.5': 'What reads files runs in the process, bounded, not in a sandbox.',
}
