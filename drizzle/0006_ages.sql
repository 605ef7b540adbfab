DROP INDEX "twin_state_by_tenant";--> statement-breakpoint
DROP INDEX "llm_answers_by_age";--> statement-breakpoint
ALTER TABLE "persona_specs" ADD COLUMN "published_seq" bigint;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "text_retention_days" integer;--> statement-breakpoint
ALTER TABLE "twin_state" ADD COLUMN "texts_erased_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "twin_state" ADD COLUMN "votes_deleted_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "twin_state" ADD COLUMN "oldest_text_at" timestamp with time zone DEFAULT 'epoch' NOT NULL;--> statement-breakpoint
ALTER TABLE "twin_state" ADD COLUMN "oldest_vote_at" timestamp with time zone DEFAULT 'epoch' NOT NULL;--> statement-breakpoint
CREATE INDEX "prompt_traces_with_query" ON "prompt_traces" USING btree ("tenant_id","created_at") WHERE query is not null;--> statement-breakpoint
CREATE INDEX "twin_state_unusual" ON "twin_state" USING btree ("tenant_id") WHERE paused_at is not null or open_job_id is not null or backoff_until is not null or probation_until is not null;--> statement-breakpoint
CREATE INDEX "twin_state_cooling" ON "twin_state" USING btree ("tenant_id","cooldown_until");--> statement-breakpoint
CREATE INDEX "twin_state_oldest_text" ON "twin_state" USING btree ("tenant_id","oldest_text_at","twin_id");--> statement-breakpoint
CREATE INDEX "twin_state_oldest_vote" ON "twin_state" USING btree ("oldest_vote_at","twin_id") WHERE votes_deleted_seq < claimed_seq;--> statement-breakpoint
CREATE INDEX "llm_answers_by_age" ON "llm_answers" USING btree ("tenant_id","created_at");--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "valid_text_retention" CHECK (text_retention_days between 1 and 365);--> statement-breakpoint
ALTER TABLE "twin_state" ADD CONSTRAINT "texts_erased_within_ledger" CHECK (texts_erased_seq between 0 and last_seq);--> statement-breakpoint
ALTER TABLE "twin_state" ADD CONSTRAINT "votes_deleted_within_watermark" CHECK (votes_deleted_seq between 0 and least(claimed_seq, texts_erased_seq));