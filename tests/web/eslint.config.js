// The rules and the packages of ESLint are those of the site.
import { browserTests } from '../../web/eslint.config.js';

export default browserTests(import.meta.dirname);
