// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_HealthEvent {
    /// The same event. A system or type that this version has no name for becomes unknown.
    public init(_ event: HealthEvent) {
        self.init()
        if let observedAt = event.observedAt { timestamp = .init(observedAt) }
        gpuIndex = event.gpuIndex
        gpuUuid = event.gpuUUID
        system = Navarch_V1_HealthWatchSystem(protoName: event.system) ?? .unknown
        eventType = Navarch_V1_HealthEventType(protoName: event.type) ?? .unknown
        metrics = event.metrics
        message = event.message
    }
}

extension HealthEvent {
    /// The same event.
    public init(_ wire: Navarch_V1_HealthEvent) {
        self.init(
            observedAt: wire.hasTimestamp ? Timestamp(wire.timestamp) : nil, gpuIndex: wire.gpuIndex,
            gpuUUID: wire.gpuUuid, system: wire.system.protoName, type: wire.eventType.protoName, metrics: wire.metrics,
            message: wire.message)
    }
}

extension Navarch_V1_HealthWatchSystem {
    private static let names = [
        "UNKNOWN", "PCIE", "NVLINK", "PMU", "MCU", "MEM", "SM", "INFOROM", "THERMAL", "POWER", "DRIVER", "NVSWITCH",
    ]

    /// The name on the wire, e.g. `HEALTH_WATCH_SYSTEM_DRIVER`; the number in decimal where this version has no name.
    public var protoName: String {
        Self.names.indices.contains(rawValue) ? "HEALTH_WATCH_SYSTEM_\(Self.names[rawValue])" : String(rawValue)
    }

    /// Reads what ``protoName`` writes; nil for anything else.
    public init?(protoName: String) {
        guard let number = Self.allCases.first(where: { $0.protoName == protoName })?.rawValue ?? Int(protoName)
        else { return nil }
        self.init(rawValue: number)
    }
}

extension Navarch_V1_HealthEventType {
    private static let names = [
        "UNKNOWN", "XID", "THERMAL", "POWER", "MEMORY", "NVLINK", "PCIE", "DRIVER_ERROR", "ECC_SBE", "ECC_DBE",
    ]

    /// The name on the wire, e.g. `HEALTH_EVENT_TYPE_XID`; the number in decimal where this version has no name.
    public var protoName: String {
        Self.names.indices.contains(rawValue) ? "HEALTH_EVENT_TYPE_\(Self.names[rawValue])" : String(rawValue)
    }

    /// Reads what ``protoName`` writes; nil for anything else.
    public init?(protoName: String) {
        guard let number = Self.allCases.first(where: { $0.protoName == protoName })?.rawValue ?? Int(protoName)
        else { return nil }
        self.init(rawValue: number)
    }
}
