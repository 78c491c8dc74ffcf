import { matrix } from '../../weak/matrix.ts'
import { checks } from './passkeys.ts'

matrix(checks)
