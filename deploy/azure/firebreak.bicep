// The standing part of an address block. A network owner deploys it once, into the resource group of the root firewall
// policy; the bot has no right to create any of it, and edits nothing but the entries of the IP Groups.
//
// Needs Bicep 0.38.3 or later (@onlyIfNotExists). See README.md beside this file.

targetScope = 'resourceGroup'

@description('A cluster whose traffic can be blocked on its own: its name in the settings, and its node and pod ranges as the firewall sees them.')
type clusterScope = {
  @minLength(1)
  @maxLength(40)
  name: string
  @minLength(1)
  ranges: string[]
}

@description('Name of the root firewall policy, in this resource group. Not a policy with a parent: the rules of a parent come first.')
param rootPolicyName string

@description('Region of the IP Groups.')
param location string = resourceGroup().location

@description('Clusters that get an IP Group of their own. For scope cluster the other side of the deny is exactly these ranges.')
param clusters clusterScope[] = []

@description('Object id of the bot\'s managed identity.')
param botPrincipalId string

@description('Priority of the rule collection group. Groups with a lower number come first, so nothing else should be below 100.')
@minValue(100)
@maxValue(65000)
param priority int = 100

resource rootPolicy 'Microsoft.Network/firewallPolicies@2024-05-01' existing = {
  name: rootPolicyName
}

// A group that stands keeps its entries: deploying again must never empty a block list.
@onlyIfNotExists()
resource estateGroup 'Microsoft.Network/ipGroups@2024-05-01' = {
  name: 'ir-block-estate'
  location: location
  properties: {
    ipAddresses: []
  }
}

@onlyIfNotExists()
resource clusterGroups 'Microsoft.Network/ipGroups@2024-05-01' = [
  for cluster in clusters: {
    name: 'ir-block-${cluster.name}'
    location: location
    properties: {
      ipAddresses: []
    }
  }
]

var estateRules = [
  {
    ruleType: 'NetworkRule'
    name: 'estate-destination'
    ipProtocols: ['Any']
    sourceAddresses: ['*']
    destinationIpGroups: [estateGroup.id]
    destinationPorts: ['*']
  }
  {
    ruleType: 'NetworkRule'
    name: 'estate-source'
    ipProtocols: ['Any']
    sourceIpGroups: [estateGroup.id]
    destinationAddresses: ['*']
    destinationPorts: ['*']
  }
]

// Ids are built, because a variable's loop cannot read what a resource's loop returns.
var destinationRules = [
  for cluster in clusters: {
    ruleType: 'NetworkRule'
    name: '${cluster.name}-destination'
    ipProtocols: ['Any']
    sourceAddresses: cluster.ranges
    destinationIpGroups: [resourceId('Microsoft.Network/ipGroups', 'ir-block-${cluster.name}')]
    destinationPorts: ['*']
  }
]

var sourceRules = [
  for cluster in clusters: {
    ruleType: 'NetworkRule'
    name: '${cluster.name}-source'
    ipProtocols: ['Any']
    sourceIpGroups: [resourceId('Microsoft.Network/ipGroups', 'ir-block-${cluster.name}')]
    destinationAddresses: cluster.ranges
    destinationPorts: ['*']
  }
]

resource denies 'Microsoft.Network/firewallPolicies/ruleCollectionGroups@2024-05-01' = {
  parent: rootPolicy
  name: 'firebreak'
  properties: {
    priority: priority
    ruleCollections: [
      {
        ruleCollectionType: 'FirewallPolicyFilterRuleCollection'
        name: 'ir-deny-net'
        priority: 100
        action: {
          type: 'Deny'
        }
        rules: concat(estateRules, destinationRules, sourceRules)
      }
    ]
  }
  dependsOn: [clusterGroups]
}

// Least privilege: entries of the groups may be written, everything else is read. No right to create or delete, none to
// write policies, rule groups or firewalls.
resource writer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'firebreak-writer')
  properties: {
    roleName: 'Firebreak block writer (${resourceGroup().name})'
    description: 'Writes the entries of an IP Group that it is assigned at.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Network/ipGroups/read'
          'Microsoft.Network/ipGroups/write'
          'Microsoft.Network/ipGroups/join/action'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'firebreak-reader')
  properties: {
    roleName: 'Firebreak block reader (${resourceGroup().name})'
    description: 'Reads what a block hangs on: policy, rule groups, groups, firewalls, locks, and the bot\'s own rights.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Authorization/locks/read'
          'Microsoft.Authorization/permissions/read'
          'Microsoft.Network/azureFirewalls/read'
          'Microsoft.Network/firewallPolicies/read'
          'Microsoft.Network/firewallPolicies/ruleCollectionGroups/read'
          'Microsoft.Network/ipGroups/read'
          'Microsoft.Network/locations/operations/read'
          'Microsoft.Network/locations/operationResults/read'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource readsAll 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, botPrincipalId, 'firebreak-reader')
  properties: {
    principalId: botPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: reader.id
  }
}

resource writesEstate 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(estateGroup.id, botPrincipalId, 'firebreak-writer')
  scope: estateGroup
  properties: {
    principalId: botPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: writer.id
  }
}

resource writesClusters 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (cluster, i) in clusters: {
    name: guid(resourceGroup().id, cluster.name, botPrincipalId, 'firebreak-writer')
    scope: clusterGroups[i]
    properties: {
      principalId: botPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: writer.id
    }
  }
]

@description('For the settings: the rule group, the estate\'s group, and one group for each cluster, in the order given.')
output ruleGroupId string = denies.id
output estateGroupId string = estateGroup.id
output clusterGroupIds array = [
  for cluster in clusters: resourceId('Microsoft.Network/ipGroups', 'ir-block-${cluster.name}')
]
