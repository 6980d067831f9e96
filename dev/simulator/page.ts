/** One page of rows; pages count from 1. */
export function pageOf<Row>(rows: readonly Row[], number: number, size: number): readonly Row[] {
  return rows.slice((number - 1) * size, number * size);
}
