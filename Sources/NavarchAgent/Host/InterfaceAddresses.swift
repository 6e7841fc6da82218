// SPDX-License-Identifier: MIT
import Foundation

/// The interface that leads out of the host.
enum DefaultRoute {
    /// The interface with the default route in /proc/net/route; nil without one.
    static func interface(_ table: String) -> String? {
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(whereSeparator: \.isWhitespace)
            if fields.count > 7, fields[1] == "00000000", fields[7] == "00000000" { return String(fields[0]) }
        }
        return nil
    }
}

/// Addresses by which a host is reached, as far as its own interfaces know them.
struct InterfaceAddresses: Equatable, Sendable {
    /// An address of a private network; empty when there is none.
    var internalIP = ""
    /// An address that is reachable from anywhere; empty when the interfaces have none (then only the cloud knows it).
    var externalIP = ""

    /// Chooses from (interface, address) pairs: those of the preferred interface first, else in the order given.
    static func choose(_ pairs: [(interface: String, address: String)], preferred: String?) -> InterfaceAddresses {
        let sorted = pairs.filter { $0.interface == preferred } + pairs.filter { $0.interface != preferred }
        var chosen = InterfaceAddresses()
        for (_, address) in sorted {
            switch IPv4Scope(address) {
            case .privateNetwork where chosen.internalIP.isEmpty: chosen.internalIP = address
            case .global where chosen.externalIP.isEmpty: chosen.externalIP = address
            case .privateNetwork, .global, .host, nil: continue
            }
        }
        return chosen
    }

    /// Asks the interfaces that are up.
    static func ofThisHost(preferred: String?) -> InterfaceAddresses {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return InterfaceAddresses() }
        defer { freeifaddrs(list) }
        var pairs: [(interface: String, address: String)] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard getnameinfo(address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            pairs.append((String(cString: entry.ifa_name), String(decoding: bytes, as: UTF8.self)))
        }
        return choose(pairs, preferred: preferred)
    }
}

/// From where an IPv4 address is reached.
enum IPv4Scope: Equatable, Sendable {
    /// Only from the host itself, or its own link.
    case host
    /// Inside one network (RFC 1918, and RFC 6598's shared range).
    case privateNetwork
    /// From anywhere.
    case global

    /// Reads four numbers; nil for anything else.
    init?(_ address: String) {
        let parts = address.split(separator: ".").compactMap { UInt8($0) }
        guard parts.count == 4 else { return nil }
        switch (parts[0], parts[1]) {
        case (0, _), (127, _), (169, 254), (224..., _): self = .host
        case (10, _), (172, 16...31), (192, 168), (100, 64...127): self = .privateNetwork
        default: self = .global
        }
    }
}
