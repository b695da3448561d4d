/** A sound to try transcription with: WAV, 8 kHz, 8 bits. */
export function halfASecondOfSilence(): Uint8Array {
  const rate = 8000
  const sound = Buffer.alloc(44 + rate)
  sound.write('RIFF', 0)
  sound.writeUInt32LE(36 + rate, 4)
  sound.write('WAVEfmt ', 8)
  sound.writeUInt32LE(16, 16)
  sound.writeUInt16LE(1, 20)
  sound.writeUInt16LE(1, 22)
  sound.writeUInt32LE(rate, 24)
  sound.writeUInt32LE(rate * 2, 28)
  sound.writeUInt16LE(2, 32)
  sound.writeUInt16LE(16, 34)
  sound.write('data', 36)
  sound.writeUInt32LE(rate, 40)
  return sound
}
