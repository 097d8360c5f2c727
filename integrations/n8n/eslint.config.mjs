import { config } from '@n8n/node-cli/eslint';

export default [
  ...config,
  {
    // n8n requires these rules only for packages that it verifies. This package has no public page yet, and has the license of the project.
    rules: {
      '@n8n/community-nodes/require-homepage': 'off',
      '@n8n/community-nodes/valid-author': 'off',
      'n8n-nodes-base/community-package-json-license-not-default': 'off',
      'n8n-nodes-base/cred-class-field-documentation-url-missing': 'off',
    },
  },
];
