import { matrix } from '../../weak/matrix.ts'
import { checks } from './injection.ts'

matrix(checks)
