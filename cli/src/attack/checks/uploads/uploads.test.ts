import { matrix } from '../../weak/matrix.ts'
import { checks } from './uploads.ts'

matrix(checks)
