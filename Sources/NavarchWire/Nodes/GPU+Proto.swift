// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_GPUInfo {
    /// The same GPU.
    public init(_ gpu: GPU) {
        self.init()
        index = gpu.index
        uuid = gpu.uuid
        name = gpu.name
        pciBusID = gpu.pciBusID
        memoryTotal = gpu.memoryTotal
        driverVersion = gpu.driverVersion
        cudaVersion = gpu.cudaVersion
        fake = gpu.fake
    }
}

extension GPU {
    /// The same GPU.
    public init(_ wire: Navarch_V1_GPUInfo) {
        self.init()
        index = wire.index
        uuid = wire.uuid
        name = wire.name
        pciBusID = wire.pciBusID
        memoryTotal = wire.memoryTotal
        driverVersion = wire.driverVersion
        cudaVersion = wire.cudaVersion
        fake = wire.fake
    }
}
