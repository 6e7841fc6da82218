// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_NodeMetrics {
    /// The same sample.
    public init(_ metrics: NodeMetrics) {
        self.init()
        cpuUsagePercent = metrics.cpuUsagePercent
        memoryUsagePercent = metrics.memoryUsagePercent
        gpuMetrics = metrics.gpus.map(Navarch_V1_GPUMetrics.init)
    }
}

extension NodeMetrics {
    /// The same sample.
    public init(_ wire: Navarch_V1_NodeMetrics) {
        self.init()
        cpuUsagePercent = wire.cpuUsagePercent
        memoryUsagePercent = wire.memoryUsagePercent
        gpus = wire.gpuMetrics.map(GPUMetrics.init)
    }
}

extension Navarch_V1_GPUMetrics {
    /// The same sample.
    public init(_ metrics: GPUMetrics) {
        self.init()
        gpuIndex = metrics.gpuIndex
        temperature = metrics.temperature
        powerUsage = metrics.powerUsage
        utilizationPercent = metrics.utilizationPercent
        memoryUsed = metrics.memoryUsed
    }
}

extension GPUMetrics {
    /// The same sample.
    public init(_ wire: Navarch_V1_GPUMetrics) {
        self.init()
        gpuIndex = wire.gpuIndex
        temperature = wire.temperature
        powerUsage = wire.powerUsage
        utilizationPercent = wire.utilizationPercent
        memoryUsed = wire.memoryUsed
    }
}
