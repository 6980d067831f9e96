import { auditCalls, type Rules } from "./audit-calls.ts";
import { auditOutcomes } from "./audit-outcomes.ts";
import { auditVerdicts } from "./audit-verdicts.ts";
import type { Books, Violation } from "./books.ts";

/**
 * Every broken promise that the books show, by what the provider counted and what stands in the
 * topics; no service is asked.
 */
export function audit(books: Books, rules: Rules): readonly Violation[] {
  return [...auditCalls(books, rules), ...auditOutcomes(books), ...auditVerdicts(books, rules)];
}
