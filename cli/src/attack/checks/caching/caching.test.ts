import { matrix } from '../../weak/matrix.ts'
import { checks } from './caching.ts'

matrix(checks)
