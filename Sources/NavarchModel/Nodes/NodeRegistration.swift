// SPDX-License-Identifier: MIT

/// What an agent says of its node when it registers.
public struct NodeRegistration: Equatable, Sendable {
    /// Cloud or site, e.g. "gcp".
    public var provider = ""
    /// Region of the provider.
    public var region = ""
    /// Zone of the region.
    public var zone = ""
    /// The provider's name for the machine's shape.
    public var instanceType = ""
    /// The GPUs found, or pretended and marked so.
    public var gpus: [GPU] = []
    /// Names, addresses, kernel.
    public var metadata = NodeMetadata()
    /// Hardware and operating system.
    public var host = HostFacts()
    /// Version of the agent.
    public var agentVersion = ""
    /// Names the agent's journal; empty from agents that have none (C12).
    public var journalID = ""

    /// An empty registration, to be filled.
    public init() {}
}

/// One GPU as its driver describes it.
public struct GPU: Equatable, Sendable, Codable {
    /// Index of the driver.
    public var index: Int32 = 0
    /// The driver's stable id, "GPU-…".
    public var uuid = ""
    /// Product name.
    public var name = ""
    /// PCI address.
    public var pciBusID = ""
    /// Bytes.
    public var memoryTotal: Int64 = 0
    /// Version of the kernel driver.
    public var driverVersion = ""
    /// Highest CUDA version that the driver serves.
    public var cudaVersion = ""
    /// Pretended by an agent told to (`--fake-gpus`).
    public var fake = false

    /// An empty description, to be filled.
    public init() {}
}

/// Names and addresses of a host.
public struct NodeMetadata: Equatable, Sendable, Codable {
    /// Host name.
    public var hostname = ""
    /// Address inside the provider's network.
    public var internalIP = ""
    /// Address outside of it.
    public var externalIP = ""
    /// `uname -r`.
    public var kernelVersion = ""
    /// Labels, for selectors.
    public var labels: [String: String] = [:]

    /// Empty metadata, to be filled.
    public init() {}
}

/// Hardware and operating system of a host.
public struct HostFacts: Equatable, Sendable, Codable {
    /// One disk or mounted file system.
    public struct Disk: Equatable, Sendable, Codable {
        /// Block device.
        public var device = ""
        /// Where it is mounted.
        public var mountPoint = ""
        /// Bytes.
        public var sizeTotal: Int64 = 0
        /// An empty disk, to be filled.
        public init() {}
    }
    /// Changes with every boot.
    public var bootID = ""
    /// Stays with the installation.
    public var machineID = ""
    /// As /proc/cpuinfo names it.
    public var cpuModel = ""
    /// Logical CPUs.
    public var cpuCount: Int32 = 0
    /// Bytes.
    public var memoryTotal: Int64 = 0
    /// Disks with a file system.
    public var disks: [Disk] = []
    /// PRETTY_NAME of os-release.
    public var operatingSystem = ""
    /// `uname -m`.
    public var architecture = ""

    /// Empty facts, to be filled.
    public init() {}
}
