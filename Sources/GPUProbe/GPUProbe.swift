// SPDX-License-Identifier: MIT
/// What GPUs this host has and how they are: NVIDIA's NVML where its library is installed, else nothing.
///
/// This module never invents a GPU, unless it was told to pretend, and then says so on every one of them.
import NavarchModel

/// Where an agent learns of its GPUs.
public protocol GPUProbe: Sendable {
    /// The GPUs as they are now. Blocks for some milliseconds.
    func survey() -> GPUSurvey
}

/// What one look at the GPUs found.
public struct GPUSurvey: Equatable, Sendable {
    /// Every GPU that the driver lists, also those that did not answer.
    public var gpus: [GPUReading] = []
    /// Why the driver could not be asked at all; nil when it could, or when there is nothing to ask.
    public var failure: String?
    /// Where this comes from, in words: "NVML 12.535.104", "no NVIDIA driver", "pretended".
    public var source = ""

    /// An empty survey, to be filled.
    public init() {}
}

/// One GPU and its present load.
public struct GPUReading: Equatable, Sendable {
    /// What it is.
    public var gpu: GPU
    /// Degrees Celsius; nil where the board does not say.
    public var temperature: Int32?
    /// Watts; nil where the board does not say.
    public var power: Int32?
    /// 0 to 100; nil where the board does not say.
    public var utilization: Double?
    /// Bytes; nil where the board does not say.
    public var memoryUsed: Int64?
    /// What went wrong when it was asked; values that a board does not support are no failure (gap G45).
    public var failure: String?

    /// A GPU of which nothing more is known.
    public init(gpu: GPU) { self.gpu = gpu }

    /// The load as heartbeats carry it; nil when the GPU did not answer.
    public var metrics: GPUMetrics? {
        guard failure == nil else { return nil }
        var metrics = GPUMetrics()
        metrics.gpuIndex = gpu.index
        metrics.temperature = temperature ?? 0
        metrics.powerUsage = power ?? 0
        metrics.utilizationPercent = utilization ?? 0
        metrics.memoryUsed = memoryUsed ?? 0
        return metrics
    }
}
