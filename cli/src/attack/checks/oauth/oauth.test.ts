import { matrix } from '../../weak/matrix.ts'
import { checks } from './oauth.ts'

matrix(checks)
