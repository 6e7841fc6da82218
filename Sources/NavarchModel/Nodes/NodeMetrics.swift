// SPDX-License-Identifier: MIT

/// The latest sample of a node's load.
public struct NodeMetrics: Equatable, Sendable, Codable {
    /// 0 to 100.
    public var cpuUsagePercent = 0.0
    /// 0 to 100.
    public var memoryUsagePercent = 0.0
    /// A sample for each GPU that answered.
    public var gpus: [GPUMetrics] = []

    /// An empty sample, to be filled.
    public init() {}
}

/// The latest sample of one GPU's load.
public struct GPUMetrics: Equatable, Sendable, Codable {
    /// Index of the driver.
    public var gpuIndex: Int32 = 0
    /// Degrees Celsius.
    public var temperature: Int32 = 0
    /// Watts.
    public var powerUsage: Int32 = 0
    /// 0 to 100.
    public var utilizationPercent = 0.0
    /// Bytes.
    public var memoryUsed: Int64 = 0

    /// An empty sample, to be filled.
    public init() {}
}
