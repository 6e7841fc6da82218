// SPDX-License-Identifier: MIT
import NavarchModel

/// A GPU as `node.gpus` has it.
struct StoredGPU: Codable {
    var index: Int32?
    var uuid: String?
    var name: String?
    var pciBusId: String?
    var memoryTotal: Int64?
    var driverVersion: String?
    var cudaVersion: String?
    var fake: Bool?

    init(_ gpu: GPU) {
        index = gpu.index
        uuid = gpu.uuid
        name = gpu.name
        pciBusId = gpu.pciBusID
        memoryTotal = gpu.memoryTotal
        driverVersion = gpu.driverVersion
        cudaVersion = gpu.cudaVersion
        fake = gpu.fake ? true : nil
    }

    var value: GPU {
        var gpu = GPU()
        gpu.index = index ?? 0
        gpu.uuid = uuid ?? ""
        gpu.name = name ?? ""
        gpu.pciBusID = pciBusId ?? ""
        gpu.memoryTotal = memoryTotal ?? 0
        gpu.driverVersion = driverVersion ?? ""
        gpu.cudaVersion = cudaVersion ?? ""
        gpu.fake = fake ?? false
        return gpu
    }
}

/// Names and addresses as `node.metadata` has them; labels are a column of their own.
struct StoredMetadata: Codable {
    var hostname: String?
    var internalIp: String?
    var externalIp: String?
    var kernelVersion: String?

    init(_ metadata: NodeMetadata) {
        hostname = metadata.hostname
        internalIp = metadata.internalIP
        externalIp = metadata.externalIP
        kernelVersion = metadata.kernelVersion
    }

    func value(labels: [String: String]) -> NodeMetadata {
        var metadata = NodeMetadata()
        metadata.hostname = hostname ?? ""
        metadata.internalIP = internalIp ?? ""
        metadata.externalIP = externalIp ?? ""
        metadata.kernelVersion = kernelVersion ?? ""
        metadata.labels = labels
        return metadata
    }
}

/// Hardware and operating system as `node.host` has them; the machine id is a column of its own.
struct StoredHost: Codable {
    struct Disk: Codable {
        var device: String?
        var mountPoint: String?
        var sizeTotal: Int64?
    }
    var bootId: String?
    var cpuModel: String?
    var cpuCount: Int32?
    var memoryTotal: Int64?
    var disks: [Disk]?
    var operatingSystem: String?
    var architecture: String?

    init(_ host: HostFacts) {
        bootId = host.bootID
        cpuModel = host.cpuModel
        cpuCount = host.cpuCount
        memoryTotal = host.memoryTotal
        disks = host.disks.map { Disk(device: $0.device, mountPoint: $0.mountPoint, sizeTotal: $0.sizeTotal) }
        operatingSystem = host.operatingSystem
        architecture = host.architecture
    }

    func value(machineID: String) -> HostFacts {
        var host = HostFacts()
        host.machineID = machineID
        host.bootID = bootId ?? ""
        host.cpuModel = cpuModel ?? ""
        host.cpuCount = cpuCount ?? 0
        host.memoryTotal = memoryTotal ?? 0
        host.disks = (disks ?? []).map { stored in
            var disk = HostFacts.Disk()
            disk.device = stored.device ?? ""
            disk.mountPoint = stored.mountPoint ?? ""
            disk.sizeTotal = stored.sizeTotal ?? 0
            return disk
        }
        host.operatingSystem = operatingSystem ?? ""
        host.architecture = architecture ?? ""
        return host
    }
}
