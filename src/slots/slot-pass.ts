/** The right to one departure, at its time. */
export interface SlotPass {
  /** Whether it surely still is that time. */
  isOpen(): boolean;
  /** It was used, or could not be. */
  ended(how: "used" | "late"): void;
}

/** A call on its way to the gate. */
export interface BegunCall {
  /** As `SlotKeeper.pass`, for this call; again when the slot was over before it could leave. */
  pass(signal: AbortSignal): Promise<SlotPass>;
  /** It needs no slot any more. More than once does no harm. */
  end(): void;
}
