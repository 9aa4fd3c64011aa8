"""What runs on a computer: its membership and consent, the spool and what is sent, the verdicts it received
and protection.

Everything durable lies in one state folder, which the running agent and the command line share: each looks
again before it acts, so that a withdrawal made by one stops the other at once. Threads, no event loop;
nothing here is needed by the network's side.
"""
