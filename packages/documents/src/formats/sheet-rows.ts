/** A row of a sheet. Cells are as the sheet shows them, on one line; those that show nothing are holes. */
export interface SheetRow {
  /** From 1, as the sheet counts. */
  number: number
  cells: string[]
  /** Addresses by column. */
  links: Map<number, string> | undefined
}

/** What a cell shows, on one line. */
export function cellLine(text: string): string {
  return /[\r\n\v\f\u2028\u2029]/.test(text)
    ? text
        .split(/\r\n|[\n\r\v\f\u2028\u2029]/)
        .join(' ')
        .trim()
    : text.trim()
}
