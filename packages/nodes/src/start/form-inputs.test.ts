import { Float, type Value, type ValueMap } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { fileValue } from '../test-files.ts'
import { type FormFileBuilder, validateFormInputs } from './form-inputs.ts'
import { type FormVariable, formVariableSchema } from './form-variable.ts'

const variable = (type: string, rules: ValueMap = {}): FormVariable =>
  formVariableSchema.parse({ variable: 'x', label: 'X', type, ...rules })

const buildFile: FormFileBuilder = async mapping => fileValue(String(mapping.name))
const check = async (type: string, rules: ValueMap, value: Value | undefined) =>
  (await validateFormInputs([variable(type, rules)], value === undefined ? {} : { x: value }, buildFile)).x

describe('takes', () => {
  test.each<[string, ValueMap, Value | undefined, Value]>([
    ['text-input', {}, 'Füße\n🌊', 'Füße\n🌊'],
    ['text-input', { required: true }, '', ''],
    ['text-input', { max_length: 5 }, '🌊🌊🌊🌊🌊', '🌊🌊🌊🌊🌊'],
    ['paragraph', {}, undefined, null],
    ['paragraph', {}, null, null],
    ['paragraph', {}, 'a\0b', 'ab'],
    ['select', { options: ['a', 'b'] }, 'b', 'b'],
    ['number', {}, 3, 3],
    ['number', {}, new Float(3), new Float(3)],
    ['number', {}, ' 12 ', 12],
    ['number', {}, '2.50', 2.5],
    ['number', {}, '2.0', new Float(2)],
    ['number', {}, '12345678901234567890', 12345678901234567890n],
    ['number', { required: true }, ' ', null],
    ['checkbox', {}, false, false],
    ['file', {}, { name: 'a.txt' }, fileValue('a.txt')],
    ['file-list', { max_length: 2 }, [{ name: 'a.txt' }, { name: 'b.txt' }], [fileValue('a.txt'), fileValue('b.txt')]],
    ['file-list', {}, [], []],
    ['external_data_tool', {}, 'filled', 'filled'],
  ])('a %s %o of %o as %o', async (type, rules, value, expected) => {
    expect(await check(type, rules, value)).toEqual(expected)
  })
})

describe('refuses', () => {
  test.each<[string, ValueMap, Value | undefined, string]>([
    ['text-input', { required: true }, undefined, 'x is required in input form'],
    ['number', { required: true }, null, 'x is required in input form'],
    ['text-input', { max_length: 5 }, 'abcdef', 'x in input form must be less than 5 characters'],
    ['text-input', {}, 5, "(type 'text-input') x in input form must be a string"],
    ['paragraph', {}, { a: 1 }, "(type 'paragraph') x in input form must be a string"],
    ['select', { options: ['a'] }, true, "(type 'select') x in input form must be a string"],
    ['select', { options: ['a', "it's"] }, 'c', `x in input form must be one of the following: ['a', "it's"]`],
    ['number', {}, 'many', 'x in input form must be a valid number'],
    ['number', {}, '1e3', 'x in input form must be a valid number'],
    ['number', {}, [1], 'x in input form must be a valid number'],
    ['checkbox', {}, 'true', 'x in input form must be a valid boolean value'],
    ['checkbox', {}, 1, 'x in input form must be a valid boolean value'],
    ['file', {}, 'a.txt', 'x in input form must be a file'],
    ['file', {}, [{ name: 'a.txt' }], 'x in input form must be a file'],
    ['file-list', {}, { name: 'a.txt' }, 'x in input form must be a list of files'],
    ['file-list', {}, [{ name: 'a.txt' }, 'b.txt'], 'x in input form must be a list of files'],
    ['file-list', { max_length: 1 }, [{}, {}], 'x in input form must be less than 1 files'],
  ])('for a %s %o %o', async (type, rules, value, message) => {
    const refusal = expect.objectContaining({ code: 'invalid-form-input', variable: 'x', message })
    await expect(check(type, rules, value)).rejects.toThrow(refusal)
  })
})

test('drops what the form does not declare', async () => {
  expect(await validateFormInputs([variable('text-input')], { x: 'a', other: 'b' }, buildFile)).toEqual({ x: 'a' })
})

test('hands the field to the builder of files, and only once all values are checked', async () => {
  const built: unknown[] = []
  const spy: FormFileBuilder = async (mapping, config, field) => {
    built.push([mapping, config, field.type])
    return fileValue('a.txt')
  }
  const rules = { allowed_file_types: ['document'], allowed_file_extensions: ['.txt'], allowed_file_upload_methods: ['local_file'] }
  const fields = [variable('file', { ...rules, variable: 'f' }), variable('number')]
  await expect(validateFormInputs(fields, { f: { name: 'a' }, x: 'no' }, spy)).rejects.toThrow('valid number')
  expect(built).toEqual([])
  await validateFormInputs(fields, { f: { name: 'a' } }, spy)
  const config = { allowedTypes: ['document'], allowedExtensions: ['.txt'], allowedMethods: ['local_file'], numberLimit: 0 }
  expect(built).toEqual([[{ name: 'a' }, config, 'file']])
})
