import type { AuditCase } from '../audit-case.ts';
import { hdrCases } from './color-hdr.ts';
import { colorVideoCases } from './color-videos.ts';
import { soundCases } from './sound.ts';
import { timeCases } from './time.ts';

export const AUDIT_CASES: readonly AuditCase[] = [...colorVideoCases, ...hdrCases, ...timeCases, ...soundCases];
