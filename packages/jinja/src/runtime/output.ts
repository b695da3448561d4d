import { spend, textLimit, tooLong } from '../budget.ts'

/** Where statements print to. */
export class Output {
  text = ''

  /** @throws TemplateLimitError when the text becomes too long */
  write(text: string): void {
    this.text += text
    spend(1 + text.length / 256)
    if (this.text.length > textLimit()) throw tooLong()
  }
}
