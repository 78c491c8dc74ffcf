import { matrix } from '../../weak/matrix.ts'
import { checks } from './throttle.ts'

matrix(checks)
