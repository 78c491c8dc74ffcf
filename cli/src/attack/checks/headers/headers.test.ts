import { matrix } from '../../weak/matrix.ts'
import { checks } from './headers.ts'

matrix(checks)
