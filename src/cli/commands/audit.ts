import { type AuditHead, type AuditProblem, auditHead, verifyAudit } from '../../accounts/audit-verify.ts';
import { listSigningKeys } from '../../accounts/signing-keys.ts';
import type { Config } from '../../config/config.ts';
import { openSigner } from '../compose.ts';
import { EXIT } from '../exit.ts';
import { withKeys } from '../local-database.ts';
import { problemOf, readSigned } from '../signed-document.ts';
import { red } from '../style.ts';

const WORDS: Record<AuditProblem, string> = {
  missing: 'is missing',
  altered: 'was altered',
  rewritten: 'differs from the signed head: the log was rewritten',
  bad_signature: 'has a signed head whose signature is invalid or whose key is unknown',
};

/** Verifies the audit log. Returns 1 if a row is missing, altered or moved, or if the log was truncated. */
export async function verifyAuditCommand(config: Config, options: { json?: boolean; head?: string }): Promise<number> {
  const kept = options.head ? await readSigned(options.head) : null;
  const report = await withKeys(config, async ({ db }) => {
    const signer = await openSigner(config, db);
    const keys = [signer.key, ...(await listSigningKeys(db))];
    const problem =
      kept && (kept.value.type === 'airlock.audit-head' ? problemOf(kept, keys) : 'It is not the head of an audit log');
    if (problem) throw new Error(`${options.head}: ${problem}`);
    return verifyAudit(db, { keys, kept: kept ? [kept.value as unknown as AuditHead] : [] });
  });
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (report.problem) {
    process.stderr.write(`${red('airlock:')} Row ${report.brokenAt} of the audit log ${WORDS[report.problem]}.\n`);
  } else {
    process.stdout.write(
      `The audit log is intact: ${report.rows} rows, ${report.checkpoints} matching signed heads.\n`,
    );
  }
  return report.problem ? EXIT.failed : EXIT.ok;
}

/** Prints the signed hash of the newest row. If you store this hash elsewhere, you can later prove that the log was not truncated. */
export async function auditHeadCommand(config: Config): Promise<number> {
  const signed = await withKeys(config, async ({ db }) => {
    const signer = await openSigner(config, db);
    const head = await auditHead(db);
    return head && { head, ...signer.sign(head) };
  });
  if (!signed) throw new Error('The audit log is empty and has no head yet');
  process.stdout.write(`${JSON.stringify(signed, null, 2)}\n`);
  return EXIT.ok;
}
