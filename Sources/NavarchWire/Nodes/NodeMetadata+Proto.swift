// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_NodeMetadata {
    /// The same names and addresses.
    public init(_ metadata: NodeMetadata) {
        self.init()
        hostname = metadata.hostname
        internalIp = metadata.internalIP
        externalIp = metadata.externalIP
        kernelVersion = metadata.kernelVersion
        labels = metadata.labels
    }
}

extension NodeMetadata {
    /// The same names and addresses.
    public init(_ wire: Navarch_V1_NodeMetadata) {
        self.init()
        hostname = wire.hostname
        internalIP = wire.internalIp
        externalIP = wire.externalIp
        kernelVersion = wire.kernelVersion
        labels = wire.labels
    }
}
