import { type ActionEnd, type Admission, type Backend, type Effect } from "./action.ts";
import { checkJson, type JsonRules, type JsonValues } from "./json-parameters.ts";

/** One action of one Tencent API version, its parameters' types already out of sight. */
export interface TencentAction {
  readonly name: string;
  readonly version: string;
  readonly effect: Effect;
  readonly admit: (body: Readonly<Record<string, unknown>>) => Admission;
}

/** What a Tencent action's file says about it. */
export interface TencentActionSpec<Rules extends JsonRules> {
  readonly name: string;
  readonly version: string;
  readonly effect: Effect;
  readonly parameters: Rules;
  readonly targets: (values: JsonValues<Rules>) => readonly string[];
  readonly run: (values: JsonValues<Rules>, backend: Backend) => ActionEnd;
}

/** Makes an action out of its table and its deed. */
export function tencentAction<const Rules extends JsonRules>(
  spec: TencentActionSpec<Rules>,
): TencentAction {
  const { name, version, effect } = spec;
  const product = "wedata";
  return {
    name,
    version,
    effect,
    admit: (body) => {
      const check = checkJson(spec.parameters, body);
      if (check.kind === "wrong") {
        return { kind: "refused", error: check.error };
      }
      const { values } = check;
      const run = (backend: Backend) => spec.run(values, backend);
      return { kind: "admitted", call: { product, targets: spec.targets(values), run } };
    },
  };
}
