namespace Braid.Usrsctp;

/// <summary>Structures of addresses: where their fields are. Family and port are at the same place in all of them.</summary>
internal static class AddressLayouts
{
    /// <summary>AF_INET.</summary>
    [C("sockaddr_in")]
    internal static class IPv4
    {
        [C("sin_family")] public const int Family = 0;
        [C("sin_port")] public const int Port = Conn.Port;
        [C("sin_addr")] public const int Address = 4;
        public const int Size = 16;
    }

    /// <summary>AF_INET6.</summary>
    [C("sockaddr_in6")]
    internal static class IPv6
    {
        [C("sin6_family")] public const int Family = 0;
        [C("sin6_port")] public const int Port = Conn.Port;
        [C("sin6_addr")] public const int Address = 8;
        [C("sin6_scope_id")] public const int Scope = 24;
        public const int Size = 28;
    }

    /// <summary>AF_CONN.</summary>
    [C("sockaddr_conn")]
    internal static class Conn
    {
        [C("sconn_family")] public const int Family = 0;
        [C("sconn_port")] public const int Port = 2;
        [C("sconn_addr")] public const int Address = 8;
        public const int Size = 16;
    }

    /// <summary>Room for any of them.</summary>
    [C("sockaddr_storage")]
    internal static class Storage
    {
        [C("ss_family")] public const int Family = 0;
        public const int Size = 128;
    }
}
