import type { Account } from '../../accounts/accounts.ts';
import type { Warning } from '../../contract/common.ts';
import type { TemplateContent } from '../../contract/templates.ts';
import { type CreateBody, MAX_INPUTS, toJobRequest } from '../../contract/transcodes.ts';
import type { RequestProblem } from '../../contract/validate.ts';
import type { AssetRequest, Review } from '../../ffmpeg/index.ts';
import type { AdmissionServices } from '../kind.ts';
import { type Locate, positionOf, rejectionError, rejectionProblem } from '../problems.ts';
import { reviewBody } from './review-body.ts';

/** Placeholder for the sources of later jobs. Airlock never fetches it. */
const INPUT = { url: 'https://source.invalid/' };

/** Locates problems in the field `request` of the body that saves the template. */
const locateInTemplate: Locate = (field, offset) => {
  const path = `request.${field}`;
  return { position: positionOf(path, offset), field: path };
};

/**
 * Checks the parts of a template that do not depend on inputs: options, filters and overlays. Throws `option_refused` with the first 50
 * problems. Returns the warnings that each job with this template will have.
 */
export async function reviewTemplate(
  services: Pick<AdmissionServices, 'planner'>,
  account: Account,
  request: TemplateContent,
): Promise<Warning[]> {
  const review = await reviewWithInputs(services, account, request);
  const problems = [
    ...review.rejections.map((one) => rejectionProblem(one, { request }, locateInTemplate)),
    ...review.assets.flatMap(urlProblem),
  ];
  if (problems.length > 0) throw rejectionError('option_refused', problems);
  return review.warnings.map(({ field, message }) => ({ field: `request.${field}`, message }));
}

/**
 * Reviews a template with one input, or with the maximum number of inputs if the first review rejects it. The number of inputs of later
 * jobs is unknown, and a filter graph that reads the second input needs at least two inputs.
 */
async function reviewWithInputs(
  { planner }: Pick<AdmissionServices, 'planner'>,
  account: Account,
  request: TemplateContent,
): Promise<Review> {
  const reviewWith = (count: number) => {
    const body: CreateBody = { ...request, inputs: Array.from({ length: count }, () => INPUT) };
    return reviewBody(
      { planner },
      account,
      toJobRequest(body),
      Array.from({ length: count }, () => null),
    );
  };
  const review = await reviewWith(1);
  return review.rejections.length === 0 ? review : reviewWith(MAX_INPUTS);
}

/** Returns a problem if an asset is a URL. A URL belongs to one job, because uploads expire and signed URLs are secrets. */
function urlProblem({ source, field }: AssetRequest): RequestProblem[] {
  if (source.type !== 'url') return [];
  const suggestion = 'Send the option or filter that names the URL with each job.';
  return [{ ...locateInTemplate(field, null), option: '', message: 'A template cannot contain a URL.', suggestion }];
}
