// SPDX-License-Identifier: MIT

/// What an agent is told about itself.
public struct AgentConfiguration: Sendable {
    /// The name of its node.
    public var nodeID: String
    /// Cloud or site.
    public var provider = ""
    /// Region of the provider.
    public var region = ""
    /// Zone of the region.
    public var zone = ""
    /// The provider's name for the machine's shape.
    public var instanceType = ""
    /// Labels, for selectors; `pool` among them.
    public var labels: [String: String] = [:]
    /// The version that is told to the control plane.
    public var version = ""
    /// How many GPUs the host should have; nil: as many as are found.
    public var expectedGPUs: Int?
    /// Most commands of one batch.
    public var batchLimit: Int32 = 16
    /// How long a poll waits for commands.
    public var pollWait = Duration.seconds(20)
    /// Longest wait between tries; C19's check of the liveness timeout counts with it.
    public var longestBackoff = Duration.seconds(15)
    /// How long a stopping agent waits for its running commands to end and be reported.
    public var settleTime = Duration.seconds(15)

    /// A configuration with its defaults.
    public init(nodeID: String) { self.nodeID = nodeID }
}

/// Randomness that a session is given.
public typealias UnitRandom = @Sendable () -> Double

/// What the control plane told this agent to do, newest first.
struct AgentPace: Equatable, Sendable {
    /// Floors: a server that says nothing, or zero, gets these (gap G47).
    static let floor = Duration.milliseconds(100)

    var heartbeat = Duration.seconds(10)
    var health = Duration.seconds(60)
    var lease = Duration.seconds(60)
    /// Empty: all.
    var healthChecks: [String] = []
}
