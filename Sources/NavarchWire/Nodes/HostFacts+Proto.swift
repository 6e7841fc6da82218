// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_HostInfo {
    /// The same facts.
    public init(_ host: HostFacts) {
        self.init()
        bootID = host.bootID
        machineID = host.machineID
        cpuModel = host.cpuModel
        cpuCount = host.cpuCount
        memoryTotal = host.memoryTotal
        disks = host.disks.map { disk in
            .with {
                $0.device = disk.device
                $0.mountPoint = disk.mountPoint
                $0.sizeTotal = disk.sizeTotal
            }
        }
        operatingSystem = host.operatingSystem
        architecture = host.architecture
    }
}

extension HostFacts {
    /// The same facts.
    public init(_ wire: Navarch_V1_HostInfo) {
        self.init()
        bootID = wire.bootID
        machineID = wire.machineID
        cpuModel = wire.cpuModel
        cpuCount = wire.cpuCount
        memoryTotal = wire.memoryTotal
        disks = wire.disks.map { wire in
            var disk = Disk()
            disk.device = wire.device
            disk.mountPoint = wire.mountPoint
            disk.sizeTotal = wire.sizeTotal
            return disk
        }
        operatingSystem = wire.operatingSystem
        architecture = wire.architecture
    }
}
