import type { Reason } from "../domain/outcome.ts";
import type { Operation } from "../domain/operation.ts";
import {
  isRequestId,
  PRIORITIES,
  type RequestId,
  type RerunRequest,
} from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import { asFields, FieldReader, type Fields } from "./field-reader.ts";
import { Findings, NO_LABELS, quote } from "./findings.ts";
import { operationBranch } from "./parse-operation.ts";
import { StringPool } from "./string-pool.ts";

/** What a decoded record turned out to be. */
export type ParsedRequest =
  | { readonly kind: "request"; readonly request: RerunRequest }
  /** The right structure, but no sense: it is answered `REJECTED`. */
  | { readonly kind: "senseless"; readonly request: RerunRequest; readonly reason: Reason }
  /** Another structure, so not even an answer could be made of it: a dead letter. */
  | { readonly kind: "wrong-schema"; readonly message: string };

const RECORD_NAME = "rerun.v1.RerunRequest";

/**
 * Makes requests of decoded records: the one place where `unknown` becomes `RerunRequest`.
 *
 * Whether a provider of that name exists, and whether this version does what is asked, is decided
 * at admission.
 */
export class RequestParser {
  readonly #limits: { readonly targetsPerRequest: number };
  readonly #strings = new StringPool();

  constructor(limits: { readonly targetsPerRequest: number }) {
    this.#limits = limits;
  }

  /**
   * Never throws, whatever the value is.
   *
   * `schemaName` is the writer's record name. Longs come as bigints, timestamps as numbers, the
   * operation under its record's full name.
   */
  parse(schemaName: string, value: unknown): ParsedRequest {
    if (schemaName !== RECORD_NAME) {
      return wrongSchema(`the record is a ${quote(schemaName)}, not a ${RECORD_NAME}`);
    }
    const record = asFields(value);
    if (record === null) return wrongSchema("the value is not a record");
    const findings = new Findings();
    const operation = this.#operation(record["operation"], findings);
    if (typeof operation === "string") return wrongSchema(operation);

    const request = this.#request(
      new FieldReader(record, "", findings),
      record,
      operation,
      findings,
    );
    if (findings.structure !== null) return wrongSchema(findings.structure);
    this.#checkTargets(operation, findings);
    const message = findings.faults;
    if (message === null) return { kind: "request", request };
    return {
      kind: "senseless",
      request,
      reason: { code: "INVALID_REQUEST", message },
    };
  }

  #request(
    fields: FieldReader,
    record: Fields,
    operation: Operation,
    findings: Findings,
  ): RerunRequest {
    const request: RerunRequest = {
      requestId: fields.text("requestId") as RequestId, // earned below: otherwise it is senseless
      provider: this.#strings.intern(fields.id("provider")),
      operation,
      requestedAt: fields.time("requestedAt"),
      requestedBy: this.#strings.intern(fields.id("requestedBy")),
      reason: fields.optionalText("reason"),
      priority: fields.symbol("priority", PRIORITIES, "NORMAL"),
      notBefore: fields.optionalTime("notBefore"),
      notAfter: fields.optionalTime("notAfter"),
      dryRun: fields.flag("dryRun", false),
      force: fields.flag("force", false),
      replayOf: fields.optionalId("replayOf"),
      causedBy: fields.optionalId("causedBy"),
      correlationId: fields.optionalText("correlationId"),
      labels: this.#labels(record["labels"], findings),
    };
    if (!isRequestId(request.requestId)) {
      fields.fault(
        "requestId",
        `is ${quote(request.requestId)}, not 1 to 128 of A-Z a-z 0-9 . _ : -`,
      );
    }
    const { requestedAt, notBefore, notAfter } = request;
    if (notAfter !== null && notAfter < requestedAt)
      fields.fault("notAfter", "lies before requestedAt");
    if (notAfter !== null && notBefore !== null && notAfter < notBefore) {
      fields.fault("notAfter", "lies before notBefore");
    }
    return request;
  }

  /** The operation, or what is wrong with its structure. */
  #operation(value: unknown, findings: Findings): Operation | string {
    const union = asFields(value);
    const names = union === null ? [] : Object.keys(union);
    const fullName = names[0];
    if (union === null || fullName === undefined || names.length > 1) {
      return "operation is not one of the union's records";
    }
    const branch = operationBranch(fullName);
    if (branch === null)
      return `operation is a ${quote(fullName)}, which this version does not know`;
    const fields = asFields(union[fullName]);
    if (fields === null) return `operation.${branch.name} is not a record`;
    return branch.read(new FieldReader(fields, `${branch.name}.`, findings), this.#strings);
  }

  #checkTargets(operation: Operation, findings: Findings): void {
    const count = targetsOf(operation).length;
    const limit = this.#limits.targetsPerRequest;
    if (count === 0) findings.fault("the request names no targets");
    if (count > limit) findings.fault(`the request names ${count} targets, more than ${limit}`);
  }

  #labels(value: unknown, findings: Findings): Readonly<Record<string, string>> {
    if (value === undefined || value === null) return NO_LABELS;
    const fields = asFields(value);
    const entries = fields === null ? null : Object.entries(fields);
    if (
      entries?.every((entry): entry is [string, string] => typeof entry[1] === "string") !== true
    ) {
      findings.mismatch("labels", "a map of strings", value);
      return NO_LABELS;
    }
    if (entries.length === 0) return NO_LABELS;
    return Object.fromEntries(entries.map(([key, text]) => [key, this.#strings.intern(text)]));
  }
}

function wrongSchema(message: string): ParsedRequest {
  return { kind: "wrong-schema", message };
}
