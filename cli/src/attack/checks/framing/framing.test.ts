import { matrix } from '../../weak/matrix.ts'
import { checks } from './framing.ts'

matrix(checks)
