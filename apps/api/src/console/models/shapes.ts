import type { ConfiguredProvider, CredentialName, CustomModel, ListedModel } from '@weft/core'
import type { CredentialField, LocalizedText, ModelDeclaration, ParameterRule, ProviderDeclaration } from '@weft/ports'

/** How models and their vendors look on the wire. */

const LANGUAGES = ['en_US', 'zh_Hans'] as const

export interface IconPlace {
  tenantId: string
  /** Where the console API is reached; empty for the same host. */
  consoleApi: string
}

function iconAddresses(place: IconPlace, { provider }: ProviderDeclaration, kind: 'icon_small' | 'icon_large', icon: LocalizedText | null) {
  const base = `${place.consoleApi}/console/api/workspaces/${place.tenantId}/model-providers/${provider}/${kind}`
  return icon && Object.fromEntries(LANGUAGES.map(language => [language, `${base}/${language}`]))
}

function text(localized: LocalizedText | null) {
  return localized && Object.fromEntries(LANGUAGES.map(language => [language, localized[language] ?? localized.en_US]))
}

function showForm(fields: CredentialField[]) {
  return fields.map(field => ({
    ...field,
    label: text(field.label),
    placeholder: text(field.placeholder),
    options: (field.options ?? []).map(option => ({ ...option, label: text(option.label) })),
  }))
}

function showSimpleProvider(place: IconPlace, declaration: ProviderDeclaration) {
  return {
    tenant_id: place.tenantId,
    provider: declaration.provider,
    label: text(declaration.label),
    icon_small: iconAddresses(place, declaration, 'icon_small', declaration.icon_small),
    icon_large: iconAddresses(place, declaration, 'icon_large', declaration.icon_large),
  }
}

export function showCredentialName({ id, name }: CredentialName) {
  return { credential_id: id, credential_name: name }
}

export function showProvider(place: IconPlace, { declaration, current, available, customModels, preferredType }: ConfiguredProvider) {
  const { provider_credential_schema: providerForm, model_credential_schema: modelForm, help } = declaration
  return {
    ...showSimpleProvider(place, declaration),
    description: text(declaration.description),
    background: declaration.background,
    help: help && { title: text(help.title), url: text(help.url) },
    supported_model_types: declaration.supported_model_types,
    configurate_methods: declaration.configurate_methods,
    provider_credential_schema: providerForm && { credential_form_schemas: showForm(providerForm.credential_form_schemas) },
    model_credential_schema: modelForm && {
      model: { label: text(modelForm.model.label), placeholder: text(modelForm.model.placeholder) },
      credential_form_schemas: showForm(modelForm.credential_form_schemas),
    },
    preferred_provider_type: preferredType,
    custom_configuration: {
      status: available.length || customModels.length ? 'active' : 'no-configure',
      current_credential_id: current?.id ?? null,
      current_credential_name: current?.name ?? null,
      available_credentials: available.map(showCredentialName),
      custom_models: customModels.map(showCustomModel),
      can_added_models: customModels.filter(model => model.isUnlisted).map(({ model, type }) => ({ model, model_type: type })),
    },
    system_configuration: { enabled: false, current_quota_type: null, quota_configurations: [] },
  }
}

function showCustomModel({ model, type, credentials, current, available, isUnlisted }: CustomModel) {
  return {
    model,
    model_type: type,
    credentials,
    current_credential_id: current?.id ?? null,
    current_credential_name: current?.name ?? null,
    available_model_credentials: available.map(showCredentialName),
    unadded_to_model_list: isUnlisted,
  }
}

export function showModel({ declaration, status, isLoadBalanced, lacksTurns }: ListedModel) {
  return {
    model: declaration.model,
    label: text(declaration.label),
    model_type: declaration.model_type,
    features: declaration.features,
    fetch_from: declaration.fetch_from,
    model_properties: declaration.model_properties,
    deprecated: declaration.deprecated,
    status,
    load_balancing_enabled: isLoadBalanced,
    has_invalid_load_balancing_configs: lacksTurns,
  }
}

export function showModelWithProvider(place: IconPlace, provider: ProviderDeclaration, model: ListedModel) {
  return {
    ...showModel(model),
    provider: { ...showSimpleProvider(place, provider), supported_model_types: provider.supported_model_types },
  }
}

export function showProviderWithModels(place: IconPlace, provider: ProviderDeclaration, models: ListedModel[]) {
  return { ...showSimpleProvider(place, provider), status: 'active', models: models.map(showModel) }
}

export function showDefaultModel(
  place: IconPlace,
  provider: ProviderDeclaration,
  { model, type }: { model: string; type: ModelDeclaration['model_type'] },
) {
  const shown = { ...showSimpleProvider(place, provider), supported_model_types: provider.supported_model_types, models: [] }
  return { model, model_type: type, provider: shown }
}

export function showParameterRule(rule: ParameterRule) {
  return { ...rule, label: text(rule.label), help: text(rule.help) }
}
