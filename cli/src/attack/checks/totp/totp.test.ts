import { matrix } from '../../weak/matrix.ts'
import { checks } from './totp.ts'

matrix(checks)
