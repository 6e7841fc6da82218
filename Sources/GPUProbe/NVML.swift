// SPDX-License-Identifier: MIT
import Glibc

/// The functions of NVIDIA's management library that we call, found at run time: nothing of ours links it.
///
/// Signatures and numbers are those of nvml.h; the `_v2` names have been there since driver 346 (2015).
///
/// Unchecked: it holds function pointers into a library that is never unloaded, and NVML is thread-safe.
struct NVML: @unchecked Sendable {
    typealias Device = OpaquePointer
    typealias Result = Int32

    /// The answers that we tell apart.
    enum Code {
        static let success: Result = 0
        static let notSupported: Result = 3
    }

    let initialize: @convention(c) () -> Result
    let errorString: @convention(c) (Result) -> UnsafePointer<CChar>?
    let driverVersion: @convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> Result
    let cudaDriverVersion: @convention(c) (UnsafeMutablePointer<Int32>) -> Result
    let deviceCount: @convention(c) (UnsafeMutablePointer<UInt32>) -> Result
    let deviceHandle: @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Result
    let uuid: @convention(c) (Device, UnsafeMutablePointer<CChar>, UInt32) -> Result
    let name: @convention(c) (Device, UnsafeMutablePointer<CChar>, UInt32) -> Result
    let memory: @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Result
    let pciInfo: @convention(c) (Device, UnsafeMutableRawPointer) -> Result
    let temperature: @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>) -> Result
    let power: @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> Result
    let utilization: @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> Result

    /// Loads `library` and finds every function.
    /// - Throws: ``NVMLProblem/notInstalled`` when the library is not there, `.unusable` when it lacks a function.
    init(library: String) throws(NVMLProblem) {
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown"
            throw reason.contains("cannot open shared object file: No such file") ? .notInstalled : .unusable(reason)
        }
        initialize = try Self.find(handle, "nvmlInit_v2")
        errorString = try Self.find(handle, "nvmlErrorString")
        driverVersion = try Self.find(handle, "nvmlSystemGetDriverVersion")
        cudaDriverVersion = try Self.find(handle, "nvmlSystemGetCudaDriverVersion")
        deviceCount = try Self.find(handle, "nvmlDeviceGetCount_v2")
        deviceHandle = try Self.find(handle, "nvmlDeviceGetHandleByIndex_v2")
        uuid = try Self.find(handle, "nvmlDeviceGetUUID")
        name = try Self.find(handle, "nvmlDeviceGetName")
        memory = try Self.find(handle, "nvmlDeviceGetMemoryInfo")
        pciInfo = try Self.find(handle, "nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetPciInfo_v2")
        temperature = try Self.find(handle, "nvmlDeviceGetTemperature")
        power = try Self.find(handle, "nvmlDeviceGetPowerUsage")
        utilization = try Self.find(handle, "nvmlDeviceGetUtilizationRates")
    }

    private static func find<F>(_ handle: UnsafeMutableRawPointer, _ names: String...) throws(NVMLProblem) -> F {
        for name in names {
            if let symbol = dlsym(handle, name) { return unsafeBitCast(symbol, to: F.self) }
        }
        throw .unusable("the library has no \(names[0])")
    }

    /// What a result means, in NVML's words.
    func explain(_ result: Result) -> String {
        errorString(result).map { String(cString: $0) } ?? "NVML error \(result)"
    }

    /// Text that a call writes into a buffer.
    func text(_ size: Int = 96, _ call: (UnsafeMutablePointer<CChar>, UInt32) -> Result) throws(NVMLProblem) -> String {
        var buffer = [CChar](repeating: 0, count: size)
        let result = call(&buffer, UInt32(size))
        guard result == Code.success else { throw .unusable(explain(result)) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Why NVML could not be asked.
enum NVMLProblem: Error, Equatable {
    /// The library is not on this host: no NVIDIA driver.
    case notInstalled
    /// The library is there and does not work; in its own words.
    case unusable(String)
}
