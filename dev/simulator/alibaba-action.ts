import { type ActionEnd, type Admission, type Backend, type Effect } from "./action.ts";
import { checkText, type TextRules, type TextValues } from "./text-parameters.ts";

/** One action of one Alibaba API version, its parameters' types already out of sight. */
export interface AlibabaAction {
  readonly product: "dataworks" | "dms";
  readonly name: string;
  readonly version: string;
  readonly effect: Effect;
  readonly method: "GET" | "POST";
  /** Where its parameters stand; nothing may stand in the other place. */
  readonly position: "query" | "form";
  readonly admit: (given: URLSearchParams) => Admission;
}

/** What an Alibaba action's file says about it. */
export interface AlibabaActionSpec<Rules extends TextRules> extends Omit<AlibabaAction, "admit"> {
  readonly parameters: Rules;
  readonly targets: (values: TextValues<Rules>) => readonly string[];
  readonly run: (values: TextValues<Rules>, backend: Backend) => ActionEnd;
}

/** Makes an action out of its table and its deed. */
export function alibabaAction<const Rules extends TextRules>(
  spec: AlibabaActionSpec<Rules>,
): AlibabaAction {
  const { product, name, version, effect, method, position } = spec;
  return {
    product,
    name,
    version,
    effect,
    method,
    position,
    admit: (given) => {
      const check = checkText(spec.parameters, given);
      if (check.kind === "wrong") {
        return { kind: "refused", error: check.error };
      }
      const { values } = check;
      const run = (backend: Backend) => spec.run(values, backend);
      return { kind: "admitted", call: { product, targets: spec.targets(values), run } };
    },
  };
}
