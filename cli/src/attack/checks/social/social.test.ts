import { matrix } from '../../weak/matrix.ts'
import { checks } from './social.ts'

matrix(checks)
