// Written for any Node, old ones included: it has to run where the rest of the project cannot.
'use strict'

const [major, minor] = process.versions.node.split('.').map(Number)
const fit = major >= 26 || (major === 24 && minor >= 15)
if (!fit) {
  process.stderr.write(
    'Bulwark needs Node ^24.15 or >=26 and this is ' +
      process.versions.node +
      '. Run `npm ci` here without --omit=optional: it brings a fitting Node along; or install Node 26 yourself.\n',
  )
  process.exit(1)
}
