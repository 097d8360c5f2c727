/** The used parts of google-auth-library, in a module that is imported on demand: that needs a tenth of a second. */
export { GoogleAuth, JWT } from 'google-auth-library';
