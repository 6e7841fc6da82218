// SPDX-License-Identifier: MIT
import NavarchModel

/// Pretends to have GPUs, for trying things out on a host without; each is labelled `fake` (gap G5).
public struct FakeGPUProbe: GPUProbe {
    /// How many.
    public let count: Int
    /// The name of the pretended product.
    public let name: String
    /// Starts their ids, so that two agents of one host pretend to have different ones.
    public let idPrefix: String

    /// Pretends to have `count` GPUs.
    public init(count: Int, name: String = "Fake GPU", idPrefix: String = "0") {
        self.count = count
        self.name = name
        self.idPrefix = idPrefix
    }

    /// The same constant values every time.
    public func survey() -> GPUSurvey {
        var survey = GPUSurvey()
        survey.source = "pretended"
        survey.gpus = (0..<count).map { reading($0) }
        return survey
    }

    private func reading(_ index: Int) -> GPUReading {
        var gpu = GPU()
        gpu.index = Int32(index)
        gpu.uuid = "GPU-fake-\(idPrefix)-\(index)"
        gpu.name = name
        gpu.pciBusID = "0000:\(hex(index)):00.0"
        gpu.memoryTotal = 80 << 30
        gpu.fake = true
        var reading = GPUReading(gpu: gpu)
        reading.temperature = 45
        reading.power = 300
        reading.utilization = 75
        reading.memoryUsed = 40 << 30
        return reading
    }

    private func hex(_ index: Int) -> String {
        let digits = String(index & 0xFF, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
    }
}
