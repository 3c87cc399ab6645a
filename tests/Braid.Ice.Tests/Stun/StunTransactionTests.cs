using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Tests.Stun;

/// <summary>When a request is sent again (RFC 8489 §6.2.1) and what a client makes of a challenge (§9.2).</summary>
public sealed class StunTransactionTests
{
    [Fact, Rfc(8489, "6.2.1")]
    public void A_request_goes_out_at_the_times_of_the_text_and_ends_after_39_5_seconds()
    {
        var transaction = new StunTransaction(StunTiming.Default, Instant.Zero);
        var sent = new List<double> { 0 };
        while (true)
        {
            Instant now = transaction.NextTimeout;
            Assert.Equal(StunTransactionStep.None, transaction.Advance(new Instant(now.Ticks - 1)));
            StunTransactionStep step = transaction.Advance(now);
            if (step == StunTransactionStep.TimedOut)
            {
                Assert.Equal(39_500, (now - Instant.Zero).TotalMilliseconds);
                break;
            }

            sent.Add((now - Instant.Zero).TotalMilliseconds);
        }

        Assert.Equal([0, 500, 1500, 3500, 7500, 15500, 31500], sent);
        Assert.True(transaction.NextTimeout.IsNever);
    }

    [Fact, Rfc(8489, "6.2.2")]
    public void Over_a_stream_nothing_is_sent_again()
    {
        var transaction = new StunTransaction(StunTiming.Default, Instant.Zero, isReliable: true);
        Assert.Equal(39.5, (transaction.NextTimeout - Instant.Zero).TotalSeconds);
        Assert.Equal(StunTransactionStep.TimedOut, transaction.Advance(transaction.NextTimeout));
        Assert.Equal(1, transaction.Transmissions);
    }

    [Fact, Rfc(8489, "9.2.3.1"), Rfc(8489, "9.2.3.2"), Rfc(8489, "9.2.5")]
    public void A_challenge_gives_the_next_request_its_credentials()
    {
        var credentials = new LongTermCredentials("user", "pass");
        Assert.Equal(0, Attributes(credentials));
        Assert.Equal(StunChallenge.Retry, Challenge(credentials, 401, "f//499k954d6OL34oL9FSTvy64sA"));
        Assert.Equal(StunIntegrityAlgorithm.Sha1, credentials.Integrity);
        Assert.Equal(4, Attributes(credentials));
        Assert.Equal("8493FBC53BA582FB4C044C456BDC40EB", Convert.ToHexString(credentials.Key));
    }

    [Fact, Rfc(8489, "9.2.5")]
    public void Whoever_is_refused_with_his_credentials_does_not_try_again_but_a_stale_nonce_is_replaced()
    {
        var credentials = new LongTermCredentials("user", "wrong");
        Assert.Equal(StunChallenge.Retry, Challenge(credentials, 401, "one"));
        Assert.Equal(StunChallenge.Retry, Challenge(credentials, 438, "two"));
        Assert.Equal(StunChallenge.Refused, Challenge(credentials, 401, "three"));
    }

    [Fact, Rfc(8489, "14.11"), Rfc(8489, "14.12"), Rfc(8489, "9.2.1"), Rfc(8489, "18.1"), Rfc(8489, "18.5.1.2")]
    public void The_first_algorithm_of_the_list_that_is_known_is_taken_and_bidding_down_is_noticed()
    {
        var credentials = new LongTermCredentials("user", "pass");
        Assert.Equal(StunChallenge.Refused, Challenge(credentials, 401, "obMatJos2gAAAnonce"));
        Assert.Equal(StunChallenge.Refused, Challenge(credentials, 401, "obMatJos2gAAAnonce", "00090000"));
        Assert.Equal(StunChallenge.Retry, Challenge(credentials, 401, "obMatJos2wAAAnonce", "000900010000000000020000 00010000"));
        Assert.Equal(StunPasswordAlgorithm.Sha256, credentials.PasswordAlgorithm);
        Assert.Equal(StunIntegrityAlgorithm.Sha256, credentials.Integrity);
        Assert.True(credentials.UsesUserHash);
        Assert.Equal(6, Attributes(credentials));
    }

    [Fact, Rfc(8489, "9.2.5")]
    public void An_answer_counts_when_it_is_signed_with_the_key_and_by_the_same_HMAC()
    {
        var credentials = new LongTermCredentials("user", "pass");
        Challenge(credentials, 401, "nonce");
        Assert.True(Accepts(credentials, StunIntegrityAlgorithm.Sha1, credentials.Key));
        Assert.False(Accepts(credentials, StunIntegrityAlgorithm.Sha256, credentials.Key));
        Assert.False(Accepts(credentials, StunIntegrityAlgorithm.None, credentials.Key));
        Assert.False(Accepts(credentials, StunIntegrityAlgorithm.Sha1, new byte[16]));
    }

    private static bool Accepts(LongTermCredentials credentials, StunIntegrityAlgorithm algorithm, ReadOnlySpan<byte> key)
    {
        byte[] buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.SuccessResponse, StunMethod.Refresh, default);
        writer.AddIntegrity(algorithm, key);
        Assert.True(StunView.TryRead(buffer.AsSpan(0, writer.Finish()), out StunView view));
        return credentials.TryAccept(view);
    }

    private static int Attributes(LongTermCredentials credentials)
    {
        byte[] buffer = new byte[500];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Allocate, default);
        credentials.AddTo(ref writer);
        Assert.True(StunView.TryRead(buffer.AsSpan(0, writer.Finish()), out StunView view));
        int count = 0;
        foreach (StunAttribute attribute in view.Attributes)
        {
            count++;
        }

        Assert.Equal(credentials.IsChallenged ? StunIntegrity.Valid : StunIntegrity.Absent, view.VerifyIntegrity(credentials.Key));
        return count;
    }

    private static StunChallenge Challenge(LongTermCredentials credentials, int code, string nonce, string algorithms = "")
    {
        byte[] buffer = new byte[500];
        var writer = new StunWriter(buffer, StunClass.ErrorResponse, StunMethod.Allocate, default);
        writer.AddError(code);
        writer.Add(StunAttributeType.Realm, "realm");
        writer.Add(StunAttributeType.Nonce, nonce);
        if (algorithms.Length > 0)
        {
            writer.Add(StunAttributeType.PasswordAlgorithms, Bytes.Hex(algorithms));
        }

        Assert.True(StunView.TryRead(buffer.AsSpan(0, writer.Finish()), out StunView view));
        return credentials.OnErrorResponse(view);
    }
}
