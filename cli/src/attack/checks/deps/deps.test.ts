import { matrix } from '../../weak/matrix.ts'
import { checks } from './deps.ts'

matrix(checks)
