import { matrix } from '../../weak/matrix.ts'
import { checks } from './refresh.ts'

matrix(checks)
