import type { Gate } from "../domain/provider.ts";
import type { DayPlace } from "./day-budget.ts";
import type { SendLine } from "./send-gate.ts";

/** The way of one call or read through all limits. */
export interface CallGate extends Gate {
  /** It is over, whether it left or not. More than once does no harm. */
  close(): void;
}

/** A way along this line; `place` is given back when nothing has left until it is closed. */
export function createCallGate(
  line: SendLine,
  place: DayPlace | null,
  onLeft: (at: number) => void = () => undefined,
): CallGate {
  let isSettled = false;
  const settle = (how: "left" | "giveBack") => {
    if (!isSettled) place?.[how]();
    isSettled = true;
  };
  return {
    pass: async (signal) =>
      line.pass(signal, (at) => {
        settle("left");
        onLeft(at);
      }),
    close: () => settle("giveBack"),
  };
}
