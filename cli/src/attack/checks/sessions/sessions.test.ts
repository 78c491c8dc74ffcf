import { matrix } from '../../weak/matrix.ts'
import { checks } from './sessions.ts'

matrix(checks)
